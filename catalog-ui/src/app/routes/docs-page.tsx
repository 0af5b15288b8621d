import { getRouteApi } from '@tanstack/react-router';
import { Docs, titleOf } from '@/features/docs/docs';
import { t } from '@/features/docs/words';
import { Link } from '@/ui/link';
import { Page } from '@/ui/page';

const route = getRouteApi('/docs/$');

export function DocsPage() {
  const path = (route.useParams()._splat ?? '').replace(/\/+$/, '');
  return (
    <Page
      title={titleOf(path)}
      lead={path === '' ? t('lead') : undefined}
      above={
        path === '' ? null : (
          <p className="mb-1 text-sm">
            <Link to="/docs/$" params={{ _splat: '' }}>
              {t('title')}
            </Link>
          </p>
        )
      }
    >
      <Docs path={path} />
    </Page>
  );
}
