import { type Connection, makeToken } from '@/api/catalog';
import { withToken } from '@/features/connect/with-token';
import { t } from '@/features/connect/words';
import { Button } from '@/ui/button';
import { CodeBlock } from '@/ui/code-block';
import { useStale } from '@/ui/states/stale';
import { showToast } from '@/ui/toast';
import { Tooltip } from '@/ui/tooltip';

const hour = 3600;

/** One client: what to install, and the text that connects. */
export function ClientText({ connection }: { connection: Connection }) {
  const stale = useStale();
  const copyFilled = async () => {
    try {
      const { token } = await makeToken(hour);
      await navigator.clipboard.writeText(withToken(connection, token));
      showToast({ tone: 'good', title: t('copiedFilled') });
    } catch (error) {
      const detail = error instanceof Error ? error.message : undefined;
      showToast({ tone: 'bad', title: t('copyFailed'), detail });
    }
  };
  return (
    <div className="flex flex-col gap-4">
      {connection.install === '' ? null : (
        <CodeBlock label={t('install')} code={connection.install} wrap />
      )}
      <CodeBlock
        label={`${t('code')} · ${connection.title}`}
        code={connection.text}
        actions={
          <Tooltip text={t('copyFilledHint')}>
            <Button kind="quiet" size="small" isDisabled={stale} onPress={() => void copyFilled()}>
              {t('copyFilled')}
            </Button>
          </Tooltip>
        }
      />
    </div>
  );
}
