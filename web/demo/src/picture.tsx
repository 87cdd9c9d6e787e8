import { ProfilePicture } from "avatarium/react";
import type { ReactElement } from "react";

interface PictureProps {
  readonly userId: string;
  readonly name: string;
  /** CSS pixels. */
  readonly size: number;
  /** The picture is what one came to see; elsewhere the name beside it says enough. */
  readonly spoken?: boolean;
}

/** A person's picture in the form of the demo. */
export function Picture({ userId, name, size, spoken = false }: PictureProps): ReactElement {
  return <ProfilePicture className="picture" userId={userId} name={name} size={size} decorative={!spoken} />;
}
