import { useQuery } from '@tanstack/react-query';
import { ChevronDown } from 'lucide-react';
import { connectQuery } from '@/api/catalog';
import type { Answer } from '@/features/sql/answer';
import { withStatement } from '@/features/sql/copy-as';
import { t } from '@/features/sql/words';
import { Button } from '@/ui/button';
import { download } from '@/ui/download';
import { Menu } from '@/ui/menu';
import { showToast } from '@/ui/toast';

/** Files of the rows, made here. */
export function ExportMenu({ answer, name }: { answer: Answer; name: string }) {
  return (
    <Menu
      label={t('exportAs')}
      trigger={
        <Button kind="quiet" size="small">
          {t('exportAs')}
          <ChevronDown aria-hidden className="size-3.5" />
        </Button>
      }
      groups={[
        {
          title: t('exportHint'),
          actions: [
            {
              id: 'csv',
              label: t('exportCsv'),
              onAction: async () => {
                const { csvOf } = await import('@/features/sql/answer-csv');
                download(`${name}.csv`, 'text/csv', csvOf(answer));
              },
            },
            {
              id: 'arrow',
              label: t('exportArrow'),
              onAction: () =>
                download(`${name}.arrows`, 'application/vnd.apache.arrow.stream', answer.toArrow()),
            },
          ],
        },
      ]}
    />
  );
}

/** The statement as other clients run it, from the server's own texts. */
export function CopyAsMenu({ sql }: { sql: string }) {
  const { data } = useQuery(connectQuery());
  const copy = async (title: string, text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      showToast({ tone: 'good', title: t('copied', title) });
    } catch {
      showToast({ tone: 'bad', title: t('copyFailed') });
    }
  };
  return (
    <Menu
      label={t('copyAs')}
      trigger={
        <Button kind="quiet" size="small" isDisabled={!data || sql.trim() === ''}>
          {t('copyAs')}
          <ChevronDown aria-hidden className="size-3.5" />
        </Button>
      }
      groups={[
        {
          actions: (data?.clients ?? []).map((client) => ({
            id: client.client,
            label: client.title,
            onAction: () => void copy(client.title, withStatement(client, sql)),
          })),
        },
      ]}
    />
  );
}
