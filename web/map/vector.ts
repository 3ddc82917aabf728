/** Vector tiles of a PMTiles file, painted in the page's palette and language. A part of its own, loaded where there is such a file. */
import * as L from 'leaflet';
import { leafletLayer, PmtilesSource } from 'protomaps-leaflet';

// the library takes these from the window
Object.assign(window, { L: { GridLayer: L.GridLayer, DomUtil: L.DomUtil } });

export interface VectorMap {
  layer: (look: { night: boolean; language: string }) => L.GridLayer;
}

/** Opens the file at `url`; rejects when it does not answer. `hear` learns of every later tile whether it came. */
export async function openVectorMap(url: string, hear: (answered: boolean) => void): Promise<VectorMap> {
  const { p: file } = new PmtilesSource(url, true);
  const ask = file.getZxy.bind(file);
  file.getZxy = async (...where) => {
    try {
      const tile = await ask(...where);
      hear(true);
      return tile;
    } catch (error) {
      // a tile that nobody looks at any more is called off
      if (!(error instanceof DOMException && error.name === 'AbortError')) hear(false);
      throw error;
    }
  };
  const { maxZoom } = await file.getHeader();
  return {
    layer: ({ night, language }) =>
      leafletLayer({
        url: file,
        flavor: night ? 'dark' : 'light',
        // the keys of names in the Protomaps basemap; a name in the place's own language stands in
        lang: language.startsWith('zh') ? 'zh-Hans' : 'en',
        // closer in, the last tiles are drawn larger
        maxDataZoom: maxZoom,
        maxZoom: 19,
        attribution: '',
        // of a class of Leaflet's, which the library's types leave open
      }) as unknown as L.GridLayer,
  };
}
