using GenAgent.Server.OpenAI;
using ModelContextProtocol;

namespace GenAgent.Server.Mcp;

/// <summary>
/// Tells a model what is wrong with its call: the protocol's library keeps the message of no other exception than <see cref="McpException"/>.
/// </summary>
internal static class McpErrors
{
    public static T Told<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (OpenAIErrors.TryRead(failure, out var refused))
        {
            throw new McpException(refused.Message, failure);
        }
    }

    public static async Task<T> ToldAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (OpenAIErrors.TryRead(failure, out var refused))
        {
            throw new McpException(refused.Message, failure);
        }
    }
}
