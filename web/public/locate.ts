/** Where the phone is, once, when its holder asks. */

export interface Fix {
  lon: number;
  lat: number;
  accuracyM: number;
}

/** Throws 'denied' when the holder said no, 'failed' when there is no fix within 15 s. */
export function locate(): Promise<Fix> {
  return new Promise((resolve, reject) => {
    if (!('geolocation' in navigator)) {
      reject(new Error('failed'));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        resolve({ lon: round(coords.longitude), lat: round(coords.latitude), accuracyM: Math.round(coords.accuracy) });
      },
      ({ code }) => {
        reject(new Error(code === 1 ? 'denied' : 'failed'));
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  });
}

/** Six decimals are 0.1 m. */
const round = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;
