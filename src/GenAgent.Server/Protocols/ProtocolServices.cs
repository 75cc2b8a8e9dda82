using GenAgent.Server.Mcp;
using GenAgent.Server.OpenAI;
using GenAgent.Server.StableDiffusionWebUi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ModelContextProtocol.AspNetCore;

namespace GenAgent.Server.Protocols;

/// <summary>The protocols of others: OpenAI's, AUTOMATIC1111's and MCP over HTTP.</summary>
internal static class ProtocolServices
{
    /// <summary>Adds what the endpoints need.</summary>
    public static IServiceCollection AddProtocols(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ServedModels>();
        services.TryAddSingleton<ProtocolRuns>();
        services.TryAddSingleton<ImagesEndpoints>();
        services.TryAddSingleton<ChatEndpoints>();
        services.TryAddSingleton<ResponseLibrary>();
        services.TryAddSingleton<ResponsesEndpoints>();
        services.TryAddSingleton<WebUiModels>();
        services.TryAddSingleton<WebUiProgress>();
        services.TryAddSingleton<WebUiEndpoints>();
        
        // Clients of older revisions cancel by a message of their own, which only finds a call in their session.
        services.AddMcpTools().WithHttpTransport(options => options.SessionMode = HttpServerSessionMode.StatefulForInitializeClients);
        return services;
    }

    /// <summary>Maps the endpoints: <c>/v1</c>, <c>/sdapi/v1</c> and <c>/mcp</c>.</summary>
    public static void MapProtocols(this IEndpointRouteBuilder routes)
    {
        var openAI = routes.MapGroup("/v1").WithTags("OpenAI").AddEndpointFilter(OpenAIErrors.FilterAsync);
        ModelsEndpoints.Map(openAI);
        ImagesEndpoints.Map(openAI);
        ChatEndpoints.Map(openAI);
        ResponsesEndpoints.Map(openAI);
        var webUi = routes.MapGroup("/sdapi/v1").WithTags("AUTOMATIC1111").AddEndpointFilter(WebUiErrors.FilterAsync);
        WebUiEndpoints.Map(webUi);
        WebUiCatalogue.Map(webUi);
        WebUiEndpoints.MapTasks(routes.MapGroup(string.Empty).AddEndpointFilter(WebUiErrors.FilterAsync));
        routes.MapMcp("/mcp");
    }
}
