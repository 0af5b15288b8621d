import { Page } from '@/ui/page';
import { Empty } from '@/ui/states/empty';
import { t } from '@/words/shell';

/** A page whose place is kept and which says so. */
export function NotYet({ title }: { title: string }) {
  return (
    <Page title={title} width="reading">
      <Empty why="none" title={t('notYetTitle')} detail={t('notYetDetail')} />
    </Page>
  );
}
