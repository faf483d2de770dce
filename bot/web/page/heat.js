/** Where a network looked: the photo is darkened, and light falls where the weights are. */

/** Draw weights (rows of columns) over an image that is shown as large as fits into its box. */
export function drawHeat(canvas, image, weights) {
  const box = image.getBoundingClientRect();
  const scale = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight);
  const width = Math.round(image.naturalWidth * scale);
  const height = Math.round(image.naturalHeight * scale);
  canvas.width = width;
  canvas.height = height;
  canvas.style.left = `${(box.width - width) / 2}px`;
  canvas.style.top = `${(box.height - height) / 2}px`;

  const rows = weights.length;
  const columns = weights[0].length;
  const most = Math.max(...weights.flat(), 1e-12);
  const small = new OffscreenCanvas(columns, rows);
  const cells = new ImageData(columns, rows);
  weights.flat().forEach((weight, place) => {
    cells.data.set([255, 214, 96, Math.round(255 * (weight / most))], 4 * place);
  });
  small.getContext("2d").putImageData(cells, 0, 0);

  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "rgb(8 6 20 / 72%)";
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = "destination-out";
  context.drawImage(small, 0, 0, width, height);
  context.globalCompositeOperation = "source-over";
  context.globalAlpha = 0.22;
  context.drawImage(small, 0, 0, width, height);
  canvas.hidden = false;
}
