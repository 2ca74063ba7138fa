import { DOMParser } from '@xmldom/xmldom'
import { expect, test } from 'vitest'
import type { Position } from './along'
import { MOST_VERTICES, readFile, thinned, UnusableFile } from './file'

const parser = new DOMParser({ onError: () => undefined })
const parseXml = (text: string) => parser.parseFromString(text, 'text/xml') as unknown as Document
const read = (text: string) => readFile(text, parseXml)
const problemOf = (text: string) => {
  try {
    read(text)
  } catch (error) {
    return error instanceof UnusableFile ? error.problem : error
  }
  return null
}

test('a track of a GPX file, with its heights and stops left out', () => {
  const found = read(`<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">
    <wpt lat="10" lon="-30"><name>Camp</name></wpt>
    <trk><name>Route Birch</name><trkseg>
      <trkpt lat="10" lon="-30.2"><ele>210</ele></trkpt>
      <trkpt lat="10" lon="-30.2"><ele>210</ele></trkpt>
      <trkpt lat="9.9" lon="-30.1"/>
    </trkseg></trk></gpx>`)
  expect(found.lines).toHaveLength(1)
  expect(found.lines[0]?.name).toBe('Route Birch')
  expect(found.lines[0]?.coordinates).toEqual([
    [-30.2, 10],
    [-30.1, 9.9],
  ])
  expect(found.lines[0]?.length_m).toBeCloseTo(15_600, -3)
  expect(found).toMatchObject({ heights: 2, repeated: 1, others: 1 })
})

test('a line of a KML file', () => {
  const found = read(`<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>North road</name>
    <LineString><coordinates>-30.2,10,5 -30.1,9.9,6</coordinates></LineString></Placemark></Document></kml>`)
  expect(found.lines.map(({ name, coordinates }) => [name, coordinates.length])).toEqual([['North road', 2]])
  expect(found.heights).toBe(2)
})

test('every line of a GeoJSON file is found, and what is no line is counted', () => {
  const found = read(
    JSON.stringify({
      type: 'FeatureCollection',
      features: [
        { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [0, 0] } },
        {
          type: 'Feature',
          properties: { name: ' A ' },
          geometry: {
            type: 'MultiLineString',
            coordinates: [
              [
                [0, 0],
                [1, 0],
              ],
              [
                [2, 0],
                [3, 0],
                [4, 0],
              ],
            ],
          },
        },
        { type: 'Feature', properties: null, geometry: null },
      ],
    }),
  )
  expect(found.lines.map(({ name, coordinates }) => [name, coordinates.length])).toEqual([
    ['A', 2],
    ['A', 3],
  ])
  expect(found.others).toBe(1)
})

test('a geometry alone is a file too, also after a byte order mark', () => {
  expect(read('\uFEFF{"type":"LineString","coordinates":[[0,0],[1,0]]}').lines).toHaveLength(1)
})

test.each([
  ['unreadable', 'name,lat,lon'],
  ['unreadable', '[1, 2]'],
  ['unreadable', '<html></html>'],
  ['unreadable', '<gpx><trk>'],
  ['unreadable', '<gpx><parsererror>as a browser says it</parsererror></gpx>'],
  ['no_line', '{"type":"Point","coordinates":[0,0]}'],
  ['no_line', '{"type":"LineString","coordinates":[[0,0],[0,0]]}'],
  ['outside', '{"type":"LineString","coordinates":[[500000,1100000],[500100,1100000]]}'],
])('%s: %s', (problem, text) => {
  expect(problemOf(text)).toBe(problem)
})

test('a line with too many vertices keeps its shape', () => {
  const wave: Position[] = Array.from({ length: 20_000 }, (_, index) => [index / 1e4, Math.sin(index / 2e3)])
  const { coordinates, tolerance_m } = thinned(wave)
  expect(coordinates.length).toBeLessThanOrEqual(MOST_VERTICES)
  expect(tolerance_m).toBeGreaterThan(0)
  expect(coordinates[0]).toEqual(wave[0])
  expect(coordinates.at(-1)).toEqual(wave.at(-1))
})

test('a line that is short enough is not touched', () => {
  const line: Position[] = [
    [0, 0],
    [0.5, 0],
    [1, 0],
  ]
  expect(thinned(line)).toEqual({ coordinates: line, tolerance_m: 0 })
})
