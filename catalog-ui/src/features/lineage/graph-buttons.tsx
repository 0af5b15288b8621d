import { useReactFlow } from '@xyflow/react';
import {
  ArrowDown,
  ArrowLeft,
  ArrowRight,
  ArrowUp,
  Crosshair,
  type LucideIcon,
  Maximize,
  Minus,
  Plus,
} from 'lucide-react';
import { t } from '@/features/lineage/words';
import { Button } from '@/ui/button';

const step = 160;

/** All that dragging and the wheel do, for those who use neither. */
export function GraphButtons({ onFit, onFocus }: { onFit: () => void; onFocus: () => void }) {
  const flow = useReactFlow();
  const pan = (x: number, y: number) => {
    const view = flow.getViewport();
    void flow.setViewport({ ...view, x: view.x + x, y: view.y + y });
  };
  return (
    <div className="absolute bottom-3 left-3 flex flex-wrap gap-0.5 rounded-lg border border-line bg-raised p-1 shadow-low">
      <Press icon={Plus} label={t('zoomIn')} onPress={() => void flow.zoomIn()} />
      <Press icon={Minus} label={t('zoomOut')} onPress={() => void flow.zoomOut()} />
      <Press icon={Maximize} label={t('fit')} onPress={onFit} />
      <Press icon={Crosshair} label={t('toFocus')} onPress={onFocus} />
      <Press icon={ArrowLeft} label={t('panLeft')} onPress={() => pan(step, 0)} />
      <Press icon={ArrowRight} label={t('panRight')} onPress={() => pan(-step, 0)} />
      <Press icon={ArrowUp} label={t('panUp')} onPress={() => pan(0, step)} />
      <Press icon={ArrowDown} label={t('panDown')} onPress={() => pan(0, -step)} />
    </div>
  );
}

function Press(props: { icon: LucideIcon; label: string; onPress: () => void }) {
  const { icon: Icon, label, onPress } = props;
  return (
    <Button kind="quiet" size="icon" className="size-7" aria-label={label} onPress={onPress}>
      <Icon aria-hidden className="size-4" />
    </Button>
  );
}
