import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function RosterPage() {
  return <NotYet title={t('roster')} />;
}
