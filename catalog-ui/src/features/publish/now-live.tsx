import type { RevisionStory } from '@/features/publish/queries';
import { t } from '@/features/publish/words';
import { ButtonLink } from '@/ui/button';
import { Card } from '@/ui/card';
import { CopyButton } from '@/ui/copy-button';

/** Once readers see it: a link to share, and the way to the port from elsewhere. */
export function NowLive({ story }: { story: RevisionStory }) {
  const ports = story.steps
    .flatMap((step) => step.ports)
    .filter((step) => step.status === 'succeeded')
    .map((step) => step.port);
  const port = ports[0];
  const [domain, product] = (port ?? '').split('.');
  return (
    <Card title={t('tell')}>
      <p className="text-ink-soft">{t('tellDetail')}</p>
      <div className="mt-3 flex flex-wrap gap-2">
        <CopyButton kind="secondary" text={() => window.location.href} label={t('share')} />
        <ButtonLink size="small" to="/connect" search={port ? { port } : {}}>
          {t('connect')}
        </ButtonLink>
        {domain && product ? (
          <ButtonLink
            size="small"
            to="/p/$domain/$product"
            params={{ domain, product }}
            search={{ port }}
          >
            {t('openProduct')}
          </ButtonLink>
        ) : null}
      </div>
    </Card>
  );
}
