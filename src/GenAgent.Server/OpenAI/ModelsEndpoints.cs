using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.OpenAI;

/// <summary><c>GET /v1/models</c> and <c>/v1/models/{id}</c>.</summary>
internal static class ModelsEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/models", (ServedModels models) => Results.Json(new OpenAIList<OpenAIModel>(models.All), OpenAIJson.Options))
            .WithSummary("Lists the agents as models (OpenAI models API)");
        routes.MapGet("/models/{id}", (string id, ServedModels models) => Results.Json(models.Find(id), OpenAIJson.Options))
            .WithSummary("Describes one model (OpenAI models API)");
    }
}
