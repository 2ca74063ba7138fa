"""Read the incidents with the driver of QGIS, and write what it saw. Run by the Python that QGIS belongs to."""

import json
import sys

from qgis.core import (  # type: ignore[import-not-found]
    QgsApplication,
    QgsFeatureRequest,
    QgsNetworkAccessManager,
    QgsRectangle,
    QgsVectorLayer,
)

address, key = sys.argv[1:]
application = QgsApplication([], False)
application.initQgis()


# As the method "API header" of a connection does.
def with_key(request: object) -> None:
    request.setRawHeader(b"Authorization", f"Bearer {key}".encode())  # type: ignore[attr-defined]


QgsNetworkAccessManager.setRequestPreprocessor(with_key)
layer = QgsVectorLayer(f"url='{address}' typename='incidents' restrictToRequestBBOX='1'", "incidents", "OAPIF")
box = QgsFeatureRequest(QgsRectangle(-31, 9, -30, 11))
seen = {
    "is_valid": layer.isValid(),
    "crs": layer.crs().authid(),
    "fields": {field.name(): field.typeName() for field in layer.fields()},
    "places": sorted(feature.geometry().asWkt(3) for feature in layer.getFeatures()),
    "in_box": [feature["id"] for feature in layer.getFeatures(box)],
}
sys.stdout.write(json.dumps(seen))
