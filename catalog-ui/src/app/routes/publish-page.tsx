import { NotYet } from '@/ui/states/not-yet';
import { t } from '@/words/shell';

export function PublishPage() {
  return <NotYet title={t('publish')} />;
}

export function CommitPage() {
  return <NotYet title={t('publish')} />;
}
