import { useParams } from '@tanstack/react-router';
import { Domain } from '@/features/domain/domain';

export function DomainPage() {
  const { domain } = useParams({ from: '/domains/$domain' });
  return <Domain name={domain} />;
}
