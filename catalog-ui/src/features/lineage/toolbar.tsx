import { Minus, Plus } from 'lucide-react';
import type { View } from '@/features/lineage/explorer';
import { t } from '@/features/lineage/words';
import { Button } from '@/ui/button';
import { Checkbox } from '@/ui/checkbox';
import { Link } from '@/ui/link';
import { RadioGroup } from '@/ui/radio-group';
import { SearchField } from '@/ui/search-field';

const stepsMax = 20;

export interface ToolbarProps {
  view: View;
  onView: (change: Partial<View>) => void;
  find: string;
  onFind: (text: string) => void;
  found: string | null;
}

/** From where, how far, how fine, and in which form. */
export function Toolbar({ view, onView, find, onFind, found }: ToolbarProps) {
  return (
    <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-canvas px-4 py-2.5">
      <div className="flex min-w-0 basis-full flex-wrap items-baseline gap-x-4">
        <h1 className="text-lg font-semibold break-words">
          <span className="sr-only">{t('title')}: </span>
          {view.focus}
        </h1>
        <Link to="/lineage" search={{}} className="text-sm">
          {t('another')}
        </Link>
      </div>
      {view.look === 'graph' ? (
        <Button
          size="small"
          className="sr-only focus:not-sr-only"
          onPress={() => onView({ look: 'list' })}
        >
          {t('asList')}
        </Button>
      ) : null}
      <RadioGroup
        label={t('level')}
        labelHidden
        look="segments"
        value={view.level}
        onChange={(level) => onView({ level, column: null })}
        options={(['product', 'port', 'column'] as const).map((id) => ({ id, label: t(id) }))}
      />
      <Steps label={t('up')} value={view.up} onChange={(up) => onView({ up })} />
      <Steps label={t('down')} value={view.down} onChange={(down) => onView({ down })} />
      <RadioGroup
        label={t('view')}
        labelHidden
        look="segments"
        value={view.look}
        onChange={(look) => onView({ look })}
        options={[
          { id: 'graph', label: t('graph') },
          { id: 'list', label: t('list') },
        ]}
      />
      <Checkbox isSelected={view.broken} onChange={(broken) => onView({ broken })}>
        {t('onlyBroken')}
      </Checkbox>
      <span className="flex min-w-36 flex-1 items-center gap-2">
        <SearchField
          aria-label={t('find')}
          placeholder={t('find')}
          value={find}
          onChange={onFind}
          className="min-w-0 flex-1"
        />
        <span role="status" className="text-sm whitespace-nowrap text-ink-soft">
          {found}
        </span>
      </span>
    </header>
  );
}

function Steps(props: { label: string; value: number; onChange: (value: number) => void }) {
  const { label, value, onChange } = props;
  return (
    <span role="group" aria-label={label} className="flex items-center gap-1 text-sm">
      <span className="text-ink-soft">{label}</span>
      <Button
        kind="quiet"
        size="icon"
        className="size-7"
        aria-label={t('less', label)}
        isDisabled={value <= 0}
        onPress={() => onChange(value - 1)}
      >
        <Minus aria-hidden className="size-3.5" />
      </Button>
      <output aria-label={label} className="w-5 text-center font-medium tabular-nums">
        {value}
      </output>
      <Button
        kind="quiet"
        size="icon"
        className="size-7"
        aria-label={t('more', label)}
        isDisabled={value >= stepsMax}
        onPress={() => onChange(value + 1)}
      >
        <Plus aria-hidden className="size-3.5" />
      </Button>
    </span>
  );
}
