import { getRouteApi } from '@tanstack/react-router';
import { Commit } from '@/features/publish/commit';
import { NewProduct } from '@/features/publish/new-product';
import { Runs } from '@/features/publish/runs';
import { t } from '@/features/publish/words';
import { Code } from '@/ui/code-block';
import { CopyButton } from '@/ui/copy-button';
import { Link } from '@/ui/link';
import { Page } from '@/ui/page';

const list = getRouteApi('/publish');
const one = getRouteApi('/publish/$commit');

export function PublishPage() {
  const { state } = list.useSearch();
  return (
    <Page title={t('title')} lead={t('lead')} actions={<NewProduct />}>
      <Runs state={state} />
    </Page>
  );
}

export function CommitPage() {
  const { commit } = one.useParams();
  const short = commit.slice(0, 7);
  return (
    <Page
      title={t('theCommit', short)}
      above={
        <p className="mb-1 text-sm">
          <Link to="/publish">{t('title')}</Link>
        </p>
      }
      heading={
        <span className="inline-flex flex-wrap items-center gap-x-2">
          {t('commit')} <Code className="text-[0.9em]">{short}</Code>
          <CopyButton iconOnly text={commit} label={`Copy: ${t('commit')} ${short}`} />
        </span>
      }
    >
      <Commit sha={commit} />
    </Page>
  );
}
