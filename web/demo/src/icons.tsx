/**
 * The logo and the few signs of the demo, drawn as lines in the colour of the text around them.
 * All are decorative: the word stands beside them or on the button that holds them.
 */

import type { ReactElement, ReactNode } from "react";

/** A frame with head and shoulders; the head carries the accent. */
export function Logo({ size = 24 }: { size?: number }): ReactElement {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <rect x="2" y="2" width="20" height="20" rx="5.6" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M5.6 21.4c.5-3.9 3-6.1 6.4-6.1s5.9 2.2 6.4 6.1" fill="none" stroke="currentColor" strokeWidth="2" />
      <circle className="logo-head" cx="12" cy="10" r="3.6" />
    </svg>
  );
}

function Sign({ children, size = 20 }: { children: ReactNode; size?: number }): ReactElement {
  return (
    <svg
      className="sign"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export function CloseSign(): ReactElement {
  return (
    <Sign>
      <path d="m5.5 5.5 9 9m0-9-9 9" />
    </Sign>
  );
}

export function BackSign(): ReactElement {
  return (
    <Sign>
      <path d="m12 4.5-5.5 5.5 5.5 5.5" />
    </Sign>
  );
}

export function DownSign(): ReactElement {
  return (
    <Sign size={16}>
      <path d="m5.5 8 4.5 4.5L14.5 8" />
    </Sign>
  );
}

export function PictureSign(): ReactElement {
  return (
    <Sign size={28}>
      <rect x="3" y="3" width="14" height="14" rx="3.9" />
      <path d="m4 14.5 3.6-3.8 2.9 2.9 2-2 3.5 3.4" />
      <circle cx="12.6" cy="7.4" r="1.2" />
    </Sign>
  );
}

export function PeopleSign(): ReactElement {
  return (
    <Sign size={24}>
      <circle cx="7.5" cy="7.2" r="2.7" />
      <path d="M2.5 16c.3-3 2.2-4.6 5-4.6s4.7 1.6 5 4.6" />
      <path d="M12.6 4.9a2.5 2.5 0 0 1 0 4.7M14.6 11.9c1.7.6 2.7 2 2.9 4.1" />
    </Sign>
  );
}

export function TalkSign(): ReactElement {
  return (
    <Sign size={24}>
      <path d="M3 5.8A2.3 2.3 0 0 1 5.3 3.5h9.4A2.3 2.3 0 0 1 17 5.8v5.9a2.3 2.3 0 0 1-2.3 2.3H9l-4 3v-3.1a2.2 2.2 0 0 1-2-2.2z" />
    </Sign>
  );
}

export function SourcesSign(): ReactElement {
  return (
    <Sign size={24}>
      <path d="m10 3 7 3.7-7 3.7-7-3.7z" />
      <path d="m3 10.2 7 3.7 7-3.7M3 13.5l7 3.7 7-3.7" />
    </Sign>
  );
}
