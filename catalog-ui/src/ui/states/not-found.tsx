import { ButtonLink } from '@/ui/button';
import { Page } from '@/ui/page';
import { Empty } from '@/ui/states/empty';
import { t } from '@/words/shell';

export function NotFound() {
  return (
    <Page title={t('notFoundTitle')} width="reading">
      <Empty
        why="not-yours"
        title={t('notFoundTitle')}
        detail={t('notFoundDetail')}
        action={
          <ButtonLink to="/" kind="primary">
            {t('goHome')}
          </ButtonLink>
        }
      />
    </Page>
  );
}
