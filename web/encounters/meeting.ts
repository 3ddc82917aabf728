/** A meeting while it is written down: the same for the crew on the street, whose phone keeps it, and the desk that writes for a crew. */
import { computed, type Ref, ref } from 'vue';
import { addEncounterPhoto } from '../../shared/encounters.ts';
import { type Drafts, useDraft } from '../live/drafts.ts';
import { photoPosting } from '../live/photo.ts';
import { type Around, bodyOf, comingAlong, facesAllowed, isComplete, newDraft } from './draft.ts';
import { blobOf, type PhotoDraft, sendable } from './photos.ts';

interface Taken {
  photos: PhotoDraft[];
}
const noPhotos = (): Taken => ({ photos: [] });

/** Lives as long as the page, and begins anew when it is done. */
function ofThisPage<T>(fresh: () => T) {
  const draft = ref(fresh()) as Ref<T>;
  return {
    draft,
    ready: ref(true),
    drop: async () => {
      draft.value = fresh();
    },
  };
}

/** `kept`: where and under which name it is kept, or null. Photos lie apart, so that a word does not write megabytes. */
export function useMeeting(kept: { drafts: Drafts; name: string } | null) {
  const written = kept ? useDraft(kept.drafts, `meeting ${kept.name}`, newDraft) : ofThisPage(newDraft);
  const taken = kept ? useDraft(kept.drafts, `photos ${kept.name}`, noPhotos) : ofThisPage(noPhotos);
  const { draft } = written;
  const photos = computed({
    get: () => taken.draft.value.photos,
    set: (list) => {
      taken.draft.value = { photos: list };
    },
  });
  return {
    draft,
    photos,
    /** false until what was kept is here */
    ready: computed(() => written.ready.value && taken.ready.value),
    along: computed(() => comingAlong(draft.value)),
    complete: computed(() => isComplete(draft.value)),
    /** what to send, once it is complete */
    body: (around: Around) => bodyOf(draft.value, around),
    /** what to send after it, each with the id it was given when it was taken */
    photoPostings: () =>
      sendable(photos.value, facesAllowed(draft.value)).map((photo) =>
        photoPosting(addEncounterPhoto, {
          ofId: draft.value.id,
          photoId: photo.id,
          photo: blobOf(photo),
          showsFace: photo.showsFace,
        }),
      ),
    /** Handed over: nothing of it stays. */
    done: async () => {
      await Promise.all([written.drop(), taken.drop()]);
    },
  };
}
