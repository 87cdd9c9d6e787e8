import type { ReactElement, ReactNode, RefObject } from "react";
import { Logo } from "./icons.tsx";
import { strings } from "./strings.ts";

interface TopBarProps {
  readonly isLensOpen: boolean;
  readonly lensButton: RefObject<HTMLButtonElement | null>;
  readonly onLens: () => void;
  /** The account, at the end of the bar. */
  readonly children: ReactNode;
}

/** The product, the way to the lens where it has no column, and the account. */
export function TopBar({ isLensOpen, lensButton, onLens, children }: TopBarProps): ReactElement {
  return (
    <header className="top">
      <h1 className="brand">
        <Logo />
        {strings.product}
      </h1>
      <span className="top-space" />
      <button
        ref={lensButton}
        type="button"
        className="button lens-open"
        aria-expanded={isLensOpen}
        aria-controls="lens"
        onClick={onLens}
      >
        {strings.lens.open}
      </button>
      {children}
    </header>
  );
}
