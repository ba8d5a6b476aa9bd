// The picture as a file, in base64.

/** Pixels for a point of the picture, so that text stays sharp. */
const DENSITY = 2;

function serialized(picture: SVGSVGElement): string {
  const copy = picture.cloneNode(true) as SVGSVGElement;
  const { width, height } = picture.viewBox.baseVal;
  copy.setAttribute("width", `${width}pt`);
  copy.setAttribute("height", `${height}pt`);
  copy.querySelector(".selected")?.classList.remove("selected");
  return new XMLSerializer().serializeToString(copy);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += String.fromCharCode(byte);
  }
  return btoa(text);
}

export function svgText(picture: SVGSVGElement): string {
  return base64(new TextEncoder().encode(serialized(picture)));
}

export async function toPng(picture: SVGSVGElement): Promise<string> {
  const { width, height } = picture.viewBox.baseVal;
  const image = new Image();
  image.src = `data:image/svg+xml;base64,${svgText(picture)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * DENSITY);
  canvas.height = Math.ceil(height * DENSITY);
  const context = canvas.getContext("2d");
  if (!context) {
    throw new Error("the picture cannot be painted here");
  }
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png").replace(/^data:[^,]*,/, "");
}
