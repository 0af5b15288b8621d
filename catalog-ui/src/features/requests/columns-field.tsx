import type { Column } from '@/api/ports';
import { t } from '@/features/requests/words';
import { Status, type Tone } from '@/ui/badge';
import { Checkbox } from '@/ui/checkbox';
import { RadioGroup } from '@/ui/radio-group';

export interface ColumnsFieldProps {
  columns: readonly Column[];
  some: boolean;
  chosen: readonly string[];
  onChange: (some: boolean, chosen: readonly string[]) => void;
  problem?: string;
}

/** Which columns are asked for. What is masked or hidden comes first: that is what requests are for. */
export function ColumnsField({ columns, some, chosen, onChange, problem }: ColumnsFieldProps) {
  const wantable = [...columns].sort(
    (a, b) => Number(a.sees === 'clear') - Number(b.sees === 'clear'),
  );
  return (
    <div className="flex flex-col gap-2">
      <RadioGroup
        look="segments"
        label={t('whichColumns')}
        options={[
          { id: 'some', label: t('someColumns') },
          { id: 'all', label: t('allColumns') },
        ]}
        value={some ? 'some' : 'all'}
        onChange={(value) => onChange(value === 'some', chosen)}
      />
      {some ? (
        <fieldset className="max-h-72 overflow-y-auto rounded-md border border-line">
          <legend className="sr-only">{t('columns')}</legend>
          {wantable.map((column) => (
            <Checkbox
              key={column.name}
              isSelected={chosen.includes(column.name)}
              onChange={(on) =>
                onChange(
                  true,
                  columns
                    .map(({ name }) => name)
                    .filter((name) => (name === column.name ? on : chosen.includes(name))),
                )
              }
              className="flex! w-full flex-wrap border-b border-line px-3 py-2 last:border-b-0 data-hovered:bg-hover"
            >
              <span className="min-w-0 flex-1 basis-28 font-mono text-sm break-words">
                {column.name}
              </span>
              <Seen column={column} />
            </Checkbox>
          ))}
        </fieldset>
      ) : null}
      {problem ? <p className="text-sm text-bad-ink">{problem}</p> : null}
    </div>
  );
}

const tones: Record<string, Tone> = { clear: 'good', masked: 'masked', hidden: 'hidden' };

function Seen({ column }: { column: Column }) {
  const words: Record<string, string> = {
    clear: t('inClear'),
    masked: t('masked', column.mask ?? ''),
    hidden: t('hidden'),
  };
  return (
    <Status tone={tones[column.sees] ?? 'hidden'} className="text-sm">
      {words[column.sees] ?? t('denied')}
    </Status>
  );
}
