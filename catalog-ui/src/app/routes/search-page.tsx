import { useSearch } from '@tanstack/react-router';
import { Search } from '@/features/search/search';

export function SearchPage() {
  const question = useSearch({ from: '/search' });
  return <Search question={question} />;
}
