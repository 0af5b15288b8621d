import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function DocsPage() {
  return <NotYet title={t('docs')} />;
}
