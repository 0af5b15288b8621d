import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function PoliciesPage() {
  return <NotYet title={t('policies')} />;
}

export function SimulatePage() {
  return <NotYet title={t('policies')} />;
}

export function RulePage() {
  return <NotYet title={t('policies')} />;
}
