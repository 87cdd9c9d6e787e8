/** React binding: one provider, one component, two hooks. */

export { ProfilePicture, type ProfilePictureProps } from "./profile-picture.tsx";
export { AvatariumProvider, type AvatariumProviderProps, useAvatarium } from "./provider.tsx";
export { type ProfilePictureView, type UseProfilePictureOptions, useProfilePicture } from "./use-profile-picture.ts";
