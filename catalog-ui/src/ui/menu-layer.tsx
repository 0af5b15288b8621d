import type { RefObject } from 'react';
import {
  Menu as AriaMenu,
  Header,
  MenuItem,
  MenuSection,
  Popover,
  Separator,
} from 'react-aria-components';
import { cx } from '@/ui/cx';
import type { MenuGroup } from '@/ui/menu';
import { itemClass, popoverClass } from '@/ui/popover-classes';

export interface MenuLayerProps {
  label: string;
  trigger: RefObject<HTMLButtonElement | null>;
  groups: readonly MenuGroup[];
  onClose: () => void;
}

/** The open menu. Escape, a choice and a click beside it close it; the focus goes back to the trigger. */
export function MenuLayer({ label, trigger, groups, onClose }: MenuLayerProps) {
  return (
    <Popover
      isOpen
      aria-label={label}
      triggerRef={trigger}
      trigger="MenuTrigger"
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className={cx(popoverClass, 'max-w-80 min-w-48')}
      placement="bottom end"
    >
      <AriaMenu aria-label={label} className="outline-none" autoFocus="first" onClose={onClose}>
        {groups.map((group, at) => (
          <MenuSection key={at} aria-label={group.title ?? label}>
            {at > 0 ? <Separator className="my-1 border-t border-line" /> : null}
            {group.title ? (
              <Header className="px-2 pt-1.5 pb-0.5 text-xs font-medium text-ink-faint">
                {group.title}
              </Header>
            ) : null}
            {group.actions.map((action) => (
              <MenuItem
                key={action.id}
                id={action.id}
                textValue={action.label}
                isDisabled={action.isDisabled}
                onAction={action.onAction}
                className={cx(itemClass, action.tone === 'danger' && 'text-bad-ink')}
              >
                {action.icon ? (
                  <span className="mt-0.5 shrink-0 [&>svg]:size-4">{action.icon}</span>
                ) : null}
                <span className="min-w-0">
                  <span className="block">{action.label}</span>
                  {action.hint ? (
                    <span className="block text-sm text-ink-soft">{action.hint}</span>
                  ) : null}
                </span>
              </MenuItem>
            ))}
          </MenuSection>
        ))}
      </AriaMenu>
    </Popover>
  );
}
