import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function SearchPage() {
  return <NotYet title={t('search')} />;
}
