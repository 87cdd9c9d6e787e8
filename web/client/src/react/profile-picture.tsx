/**
 * `<ProfilePicture>`: the default picture from the first render, the person's own above it as soon as it is decoded.
 *
 * Never a layout shift, a fade or a blank between two pictures. The rendered `span` carries `data-user-id`,
 * `data-revision` and `data-source` for tests and debugging.
 */

import {
  type CSSProperties,
  type MemoExoticComponent,
  memo,
  type ReactElement,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { DefaultSign } from "./default-sign.tsx";
import { useAvatarium } from "./provider.tsx";
import { keyOf, targetOf, useProfilePicture } from "./use-profile-picture.ts";

/** What {@link ProfilePicture} takes. */
export interface ProfilePictureProps {
  readonly userId: string;
  /** A picture by its id; wins over `userId`. */
  readonly imageId?: string | null | undefined;
  /** Alternative text, and the initials of the default picture. */
  readonly name?: string | undefined;
  /** CSS pixels, or any CSS length; default 128. */
  readonly size?: number | string | undefined;
  /** Sign of the default picture in place of initials. */
  readonly emoji?: string | undefined;
  /** The name stands beside the picture already, so it is silent for a screen reader. */
  readonly decorative?: boolean | undefined;
  readonly className?: string | undefined;
  /** Corners are `var(--avatarium-radius, 28%)`. */
  readonly style?: CSSProperties | undefined;
}

const frame: CSSProperties = {
  display: "inline-block",
  position: "relative",
  flex: "none",
  overflow: "hidden",
  verticalAlign: "middle",
  borderRadius: "var(--avatarium-radius, 28%)",
};

const above: CSSProperties = {
  position: "absolute",
  inset: 0,
  width: "100%",
  height: "100%",
  maxWidth: "none",
  objectFit: "cover",
};

/** One person's picture. Renders again only when this person's picture, or a property, changes. */
export const ProfilePicture: MemoExoticComponent<(props: ProfilePictureProps) => ReactElement> = memo(
  function ProfilePicture({
    userId,
    imageId,
    name,
    size = 128,
    emoji,
    decorative = false,
    className,
    style,
  }: ProfilePictureProps) {
    const client = useAvatarium();
    const box = useRef<HTMLSpanElement>(null);
    const image = useRef<HTMLImageElement>(null);
    const target = targetOf(userId, imageId);
    const { revision, rendition, source } = useProfilePicture(userId, { imageId, size: useDevicePixels(size, box) });
    const url = rendition?.url;
    const [late, setLate] = useState<string | null>(null);

    useLayoutEffect(() => {
      // Kept alive, it is there before the first paint. If the browser let go of it, the frame is not memory's merit.
      const { current } = image;
      if (current && url && !(current.complete && current.naturalWidth > 0)) setLate(url);
    }, [url]);

    const label = decorative ? "" : (name ?? "");
    return (
      <span
        ref={box}
        className={className}
        style={{ ...frame, width: size, height: size, ...style }}
        data-user-id={userId}
        data-revision={rendition?.revision ?? revision ?? undefined}
        data-source={rendition && late === url ? rendition.source : source}
      >
        <DefaultSign userId={userId} name={name} emoji={emoji} label={rendition ? "" : label} />
        {rendition && (
          // A key for each person: the element of one is never given to another, not even for a moment.
          <img
            key={keyOf(target)}
            ref={image}
            crossOrigin="anonymous"
            decoding="sync"
            alt={label}
            draggable={false}
            style={above}
            src={url}
            onError={() => client.reportBroken(target, rendition.url)}
          />
        )}
      </span>
    );
  },
);

/** Width of the box in device pixels; a CSS length that is not in pixels is measured after the first paint. */
function useDevicePixels(size: number | string, box: { readonly current: HTMLElement | null }): number {
  const pixels = typeof size === "number" ? size : /^[\d.]+(px)?$/.test(size) ? Number.parseFloat(size) : null;
  const [measured, setMeasured] = useState(0);
  useEffect(() => {
    if (pixels === null && box.current) setMeasured(box.current.getBoundingClientRect().width);
  }, [pixels, box]);
  return Math.ceil((pixels ?? measured) * (globalThis.devicePixelRatio || 1)) || 128;
}
