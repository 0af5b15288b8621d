import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function ExplainPage() {
  return <NotYet title={t('explain')} />;
}
