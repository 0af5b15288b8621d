import { Home } from '@/features/home/home';

export function HomePage() {
  return <Home />;
}
