import {
  cloneElement,
  lazy,
  type ReactElement,
  type ReactNode,
  Suspense,
  useRef,
  useState,
} from 'react';
import type { ButtonProps } from '@/ui/button';

const MenuLayer = lazy(() => import('@/ui/menu-layer').then((m) => ({ default: m.MenuLayer })));

export interface MenuAction {
  id: string;
  label: string;
  icon?: ReactNode;
  hint?: string;
  isDisabled?: boolean;
  tone?: 'normal' | 'danger';
  onAction: () => void;
}

export interface MenuGroup {
  title?: string;
  actions: readonly MenuAction[];
}

export interface MenuProps {
  label: string;
  /** A `Button`. With `data-actions` on it, the key `.` opens the menu of what has the focus. */
  trigger: ReactElement<ButtonProps>;
  groups: readonly MenuGroup[];
}

/** What can be done with something, in groups. The menu itself loads when it is first opened. */
export function Menu({ label, trigger, groups }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      {cloneElement(trigger, {
        ref: button,
        'aria-haspopup': 'menu',
        'aria-expanded': isOpen,
        onPress: () => setOpen(true),
        onKeyDown: (event) => {
          if (event.key === 'ArrowDown') setOpen(true);
          else event.continuePropagation();
        },
      })}
      <Suspense>
        {isOpen ? (
          <MenuLayer
            label={label}
            trigger={button}
            groups={groups}
            onClose={() => setOpen(false)}
          />
        ) : null}
      </Suspense>
    </>
  );
}
