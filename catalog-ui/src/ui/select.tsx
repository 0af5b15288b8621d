import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  Select as AriaSelect,
  Button,
  type Key,
  ListBox,
  ListBoxItem,
  Popover,
  SelectValue,
} from 'react-aria-components';
import { cx } from '@/ui/cx';
import { FieldHint, FieldLabel, FieldProblem } from '@/ui/field';
import { itemClass, popoverClass } from '@/ui/popover-classes';

export interface Option<K extends string = string> {
  id: K;
  label: string;
  hint?: string;
}

export function OptionItem({ option }: { option: Option }) {
  return (
    <ListBoxItem id={option.id} textValue={option.label} className={itemClass}>
      {({ isSelected }) => (
        <>
          <Check aria-hidden className={cx('mt-0.5 size-4 shrink-0', !isSelected && 'invisible')} />
          <span className="min-w-0">
            <span className="block">{option.label}</span>
            {option.hint ? (
              <span className="block text-sm text-ink-soft">{option.hint}</span>
            ) : null}
          </span>
        </>
      )}
    </ListBoxItem>
  );
}

export interface SelectProps<K extends string> {
  label: string;
  /** The label is only read out; the value speaks for itself. */
  labelHidden?: boolean;
  options: readonly Option<K>[];
  value: K | null;
  onChange: (value: K) => void;
  hint?: ReactNode;
  problem?: string;
  placeholder?: string;
  isRequired?: boolean;
  isDisabled?: boolean;
  size?: 'small' | 'medium';
  className?: string;
}

/** One of a short, closed list. For long lists take `ComboBox`. */
export function Select<K extends string>(props: SelectProps<K>) {
  const { label, labelHidden, options, value, onChange, hint, problem, size = 'medium' } = props;
  return (
    <AriaSelect
      aria-label={labelHidden ? label : undefined}
      selectedKey={value}
      onSelectionChange={(key: Key | null) => key !== null && onChange(key as K)}
      placeholder={props.placeholder}
      isRequired={props.isRequired}
      isDisabled={props.isDisabled}
      isInvalid={problem !== undefined}
      className={cx('flex flex-col gap-1', props.className)}
    >
      {labelHidden ? null : <FieldLabel required={props.isRequired}>{label}</FieldLabel>}
      <Button
        className={cx(
          'flex w-full cursor-pointer items-center gap-2 rounded-md border border-line-strong bg-surface px-2.5 text-left text-ink data-disabled:cursor-not-allowed data-disabled:opacity-55 data-hovered:bg-hover',
          size === 'small' ? 'min-h-7 text-sm' : 'min-h-9 text-base',
        )}
      >
        <SelectValue className="min-w-0 flex-1 truncate data-placeholder:text-ink-faint">
          {({ defaultChildren, selectedText }) => selectedText ?? defaultChildren}
        </SelectValue>
        <ChevronDown aria-hidden className="size-4 shrink-0 text-ink-soft" />
      </Button>
      {hint ? <FieldHint>{hint}</FieldHint> : null}
      <FieldProblem>{problem}</FieldProblem>
      <Popover className={cx(popoverClass, 'min-w-(--trigger-width) max-w-96')}>
        <ListBox className="outline-none" items={options}>
          {(option) => <OptionItem option={option} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
