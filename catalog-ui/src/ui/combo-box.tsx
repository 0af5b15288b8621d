import { ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  ComboBox as AriaComboBox,
  Button,
  Input,
  type Key,
  ListBox,
  Popover,
} from 'react-aria-components';
import { cx } from '@/ui/cx';
import { FieldHint, FieldLabel, FieldProblem } from '@/ui/field';
import { popoverClass } from '@/ui/popover-classes';
import { type Option, OptionItem } from '@/ui/select';
import { t } from '@/words/shell';

export interface ComboBoxProps {
  label: string;
  labelHidden?: boolean;
  options: readonly Option[];
  value: string | null;
  onChange: (value: string | null) => void;
  /** Text that is not one of the options may stand, e.g. the name of somebody who is not listed. */
  onText?: (text: string) => void;
  text?: string;
  hint?: ReactNode;
  problem?: string;
  placeholder?: string;
  isRequired?: boolean;
  isDisabled?: boolean;
  mono?: boolean;
  className?: string;
}

/** One of a long list, found by typing. */
export function ComboBox(props: ComboBoxProps) {
  const { label, labelHidden, options, value, onChange, onText, text, hint, problem } = props;
  return (
    <AriaComboBox
      aria-label={labelHidden ? label : undefined}
      defaultItems={options}
      selectedKey={value}
      onSelectionChange={(key: Key | null) => onChange(key === null ? null : String(key))}
      {...(text === undefined ? {} : { inputValue: text })}
      onInputChange={onText}
      allowsCustomValue={onText !== undefined}
      allowsEmptyCollection
      menuTrigger="focus"
      isRequired={props.isRequired}
      isDisabled={props.isDisabled}
      isInvalid={problem !== undefined}
      className={cx('flex flex-col gap-1', props.className)}
    >
      {labelHidden ? null : <FieldLabel required={props.isRequired}>{label}</FieldLabel>}
      <div className="relative flex items-center">
        <Input
          placeholder={props.placeholder}
          className={cx(
            'min-h-9 w-full rounded-md border border-line-strong bg-surface pr-9 pl-2.5 text-base text-ink placeholder:text-ink-faint data-disabled:opacity-55 data-invalid:border-bad-mark',
            props.mono && 'font-mono text-sm',
          )}
        />
        <Button
          aria-label={t('showOptions')}
          className="absolute right-1.5 grid size-6 cursor-pointer place-items-center rounded-sm text-ink-soft data-hovered:bg-hover"
        >
          <ChevronDown aria-hidden className="size-4" />
        </Button>
      </div>
      {hint ? <FieldHint>{hint}</FieldHint> : null}
      <FieldProblem>{problem}</FieldProblem>
      <Popover className={cx(popoverClass, 'max-h-80 w-(--trigger-width) min-w-72')}>
        <ListBox
          className="outline-none"
          renderEmptyState={() => (
            <div className="px-2 py-1.5 text-sm text-ink-soft">{t('noMatches')}</div>
          )}
        >
          {(option: Option) => <OptionItem option={option} />}
        </ListBox>
      </Popover>
    </AriaComboBox>
  );
}
