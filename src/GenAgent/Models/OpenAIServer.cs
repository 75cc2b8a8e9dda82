using System.ClientModel;
using System.ClientModel.Primitives;
using GenAgent.Generators.OpenAICompatible;
using GenAgent.Models.Chat;
using GenAgent.Models.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenAI;

namespace GenAgent.Models;

/// <summary>
/// Chat models and image generators behind OpenAI's protocol. The created clients are safe to use from many tasks at once, are disposed by the caller, and
/// fail only with <see cref="BackendException"/>, <see cref="InvalidDataException"/> (an input image is broken) or cancellation.
/// </summary>
public static class OpenAIServer
{
    /// <summary>A chat model. Images in user turns may be PNG, JPEG or WebP; the server gets PNG or JPEG.</summary>
    /// <param name="options">The options.</param>
    /// <param name="loggerFactory">Creates the logger; null for no log.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <returns>A client; the caller disposes it.</returns>
    /// <exception cref="BackendAuthenticationException">OpenAI's own service needs a key, and none is given.</exception>
    public static IChatClient CreateChatClient(OpenAIServerOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null) =>
        CreateChatClient(options, Http(options, loggerFactory, timeProvider));

    /// <summary>An image generator (generate and edit). Images returned as addresses are downloaded, within limits.</summary>
    /// <param name="options">The options.</param>
    /// <param name="loggerFactory">Creates the logger; null for no log.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <returns>A generator; the caller disposes it.</returns>
    /// <exception cref="BackendAuthenticationException">OpenAI's own service needs a key, and none is given.</exception>
    public static IImageGenerator CreateImageGenerator(OpenAIServerOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null) =>
        CreateImageGenerator(options, Http(options, loggerFactory, timeProvider));

    internal static IChatClient CreateChatClient(OpenAIServerOptions options, BackendHttp http)
    {
        RequireKey(options);
        var habits = new ChatHabits(options.Without, (http.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger(ServerNotices.Category));
        return new CompatibleChatClient(options, http.CreateClient(), habits, http.TimeProvider);
    }

    internal static IImageGenerator CreateImageGenerator(OpenAIServerOptions options, BackendHttp http)
    {
        var fields = new RefusedFields(
            ImageAnswerHandler.Optional, options.Without, (http.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger(ServerNotices.Category));
        var client = http.CreateClient(new ImageAnswerHandler(options.ToString(), fields, http.TimeProvider));
        var images = Client(options, client).GetImageClient(options.Model);
        return new CompatibleImageGenerator(images, options, client, new RemoteImageFetcher(http, options.Endpoint));
    }

    private static BackendHttp Http(OpenAIServerOptions options, ILoggerFactory? loggerFactory, TimeProvider? timeProvider) =>
        new(options.ToString(), options.Http)
        {
            LoggerFactory = loggerFactory,
            TimeProvider = timeProvider ?? TimeProvider.System,
            RepeatPosts = true,
        };

    private static OpenAIClient Client(OpenAIServerOptions options, HttpClient client)
    {
        RequireKey(options);

        // The package's own retries and timeout are disabled; ours, one layer below, apply.
        var settings = new OpenAIClientOptions
        {
            Endpoint = options.Endpoint,
            Transport = new HttpClientPipelineTransport(client),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            UserAgentApplicationId = "genagent",
        };
        return new OpenAIClient(new ApiKeyCredential(options.ApiKey ?? "none"), settings);
    }

    private static void RequireKey(OpenAIServerOptions options)
    {
        if (options.ApiKey is null && options.IsOpenAI)
        {
            throw new BackendAuthenticationException($"{options} wants a key: set the environment variable OPENAI_API_KEY, or GENAGENT_Secrets__openai.");
        }
    }
}
