// The key that is typed in here is forgotten with the page.
SwaggerUIBundle({
  dom_id: "#ui",
  url: "/openapi.json",
  deepLinking: true,
  persistAuthorization: false,
  tagsSorter: "alpha",
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
});
