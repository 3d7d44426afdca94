"""Line art and a person's strokes -> coloured pictures: in a browser, over HTTP, by the folder."""
