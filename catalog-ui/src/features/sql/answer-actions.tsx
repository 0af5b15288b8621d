import { useQuery } from '@tanstack/react-query';
import { ChevronDown } from 'lucide-react';
import { connectQuery } from '@/api/catalog';
import type { Answer } from '@/features/sql/answer';
import { cellText } from '@/features/sql/cell-text';
import { withStatement } from '@/features/sql/copy-as';
import { t } from '@/features/sql/words';
import { Button } from '@/ui/button';
import { csv } from '@/ui/csv';
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
              onAction: () => download(`${name}.csv`, 'text/csv', csvOf(answer)),
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

/** All rows as CSV, values as the grid shows them and nothing for null. */
export function csvOf(answer: Answer): string {
  const header = answer.columns.map(({ name }) => name);
  return csv(header, lines(answer));
}

function* lines(answer: Answer): Iterable<(string | null)[]> {
  for (let row = 0; row < answer.rows; row += 1) {
    yield answer.columns.map(({ type }, at) => cellText(answer.at(row, at), type));
  }
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
