import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function LineagePage() {
  return <NotYet title={t('lineage')} />;
}
