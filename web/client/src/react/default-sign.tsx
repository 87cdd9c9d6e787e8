/**
 * The default picture as an element: initials, an emoji, or head and shoulders, on the person's colour.
 *
 * Drawn here, the same as the service draws it (contract/golden/default-pictures.json); no request is made for it.
 */

import { type MemoExoticComponent, memo, type ReactElement } from "react";
import { defaultPicture } from "../core/index.ts";

interface DefaultSignProps {
  readonly userId: string;
  readonly name: string | undefined;
  readonly emoji: string | undefined;
  /** What a screen reader says; empty: nothing. */
  readonly label: string;
}

const whole = { display: "block", width: "100%", height: "100%" } as const;

/** Scales with its box, whatever unit that is given in. */
export const DefaultSign: MemoExoticComponent<(props: DefaultSignProps) => ReactElement> = memo(function DefaultSign({
  userId,
  name,
  emoji,
  label,
}: DefaultSignProps) {
  const { background, initials } = defaultPicture(userId, name);
  const sign = emoji || initials;
  const isSilent = label === "";
  return (
    <svg viewBox="0 0 128 128" style={whole} focusable="false" role="img" aria-label={label} aria-hidden={isSilent}>
      <rect width="128" height="128" fill={background} />
      {sign === "" ? (
        <g fill="none" stroke="#fff" strokeWidth="8" strokeLinecap="round">
          <circle cx="64" cy="50" r="20" />
          <path d="M28 106c4-22 18-32 36-32s32 10 36 32" />
        </g>
      ) : (
        <text
          x="64"
          y="64"
          dy=".36em"
          fill="#fff"
          textAnchor="middle"
          fontWeight="600"
          fontSize={emoji ? 64 : 52}
          fontFamily="inherit"
          style={{ userSelect: "none" }}
        >
          {sign}
        </text>
      )}
    </svg>
  );
});
