// validatorUrl would send the document to a public service: it stays off.
// The order is that of the document's story: each example works after those
// above it.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  persistAuthorization: true,
  tryItOutEnabled: true,
  operationsSorter: (a, b) => a.getIn(["operation", "x-order"]) - b.getIn(["operation", "x-order"]),
  presets: [SwaggerUIBundle.presets.apis],
});
