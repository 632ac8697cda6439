// Buttons that move the range and zoom, for hands without a wheel, keys or a mouse.

import { ICONS } from "./icons.tsx";

const load = () => import("../models/steps.ts");

const Step = ({
  name,
  icon,
  act,
}: {
  name: string;
  icon: keyof typeof ICONS;
  act: () => Promise<void>;
}) => {
  const Icon = ICONS[icon];
  return (
    <button type="button" class="tool" aria-label={name} title={name} onClick={() => void act()}>
      <Icon />
    </button>
  );
};

export const RangeSteps = () => (
  <div class="steps" role="group" aria-label="Move and zoom">
    <Step name="Earlier" icon="earlier" act={async () => (await load()).shift(-1)} />
    <Step name="Zoom out" icon="out" act={async () => (await load()).zoom(1)} />
    <Step name="Zoom in" icon="in" act={async () => (await load()).zoom(-1)} />
    <Step name="Later" icon="later" act={async () => (await load()).shift(1)} />
  </div>
);
