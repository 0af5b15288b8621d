import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function DomainPage() {
  return <NotYet title={t('domain')} />;
}
