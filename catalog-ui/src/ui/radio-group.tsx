import type { ReactNode } from 'react';
import { RadioGroup as AriaRadioGroup, Radio } from 'react-aria-components';
import { cx } from '@/ui/cx';
import { FieldHint, FieldLabel } from '@/ui/field';
import type { Option } from '@/ui/select';

export interface RadioGroupProps<K extends string> {
  label: string;
  labelHidden?: boolean;
  options: readonly Option<K>[];
  value: K;
  onChange: (value: K) => void;
  hint?: ReactNode;
  /** `segments` for a switch between views, `list` for a question in a form. */
  look?: 'list' | 'segments';
  className?: string;
}

export function RadioGroup<K extends string>(props: RadioGroupProps<K>) {
  const { label, labelHidden, options, value, onChange, hint, look = 'list' } = props;
  const segments = look === 'segments';
  return (
    <AriaRadioGroup
      aria-label={labelHidden ? label : undefined}
      value={value}
      onChange={(next) => onChange(next as K)}
      orientation={segments ? 'horizontal' : 'vertical'}
      className={cx('flex flex-col gap-1', props.className)}
    >
      {labelHidden ? null : <FieldLabel>{label}</FieldLabel>}
      <div
        className={
          segments
            ? 'inline-flex w-fit flex-wrap rounded-md border border-line-strong bg-surface p-0.5'
            : 'flex flex-col gap-1'
        }
      >
        {options.map((option) =>
          segments ? (
            <Radio
              key={option.id}
              value={option.id}
              className="flex min-h-7 cursor-pointer items-center rounded-sm px-2.5 text-sm text-ink-soft data-hovered:text-ink data-selected:bg-accent-soft data-selected:font-medium data-selected:text-accent-ink"
            >
              {option.label}
            </Radio>
          ) : (
            <Radio
              key={option.id}
              value={option.id}
              className="group flex min-h-6 cursor-pointer items-start gap-2 rounded-sm text-base text-ink"
            >
              <span
                aria-hidden
                className="mt-0.5 grid size-[1.125rem] shrink-0 place-items-center rounded-full border border-line-strong bg-surface group-data-selected:border-accent group-data-selected:bg-accent"
              >
                <span className="size-2 rounded-full group-data-selected:bg-on-accent" />
              </span>
              <span>
                <span className="block">{option.label}</span>
                {option.hint ? (
                  <span className="block text-sm text-ink-soft">{option.hint}</span>
                ) : null}
              </span>
            </Radio>
          ),
        )}
      </div>
      {hint ? <FieldHint>{hint}</FieldHint> : null}
    </AriaRadioGroup>
  );
}
