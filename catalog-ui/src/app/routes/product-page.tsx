import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function ProductPage() {
  return <NotYet title={t('product')} />;
}
