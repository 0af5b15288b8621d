import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function HomePage() {
  return <NotYet title={t('home')} />;
}
