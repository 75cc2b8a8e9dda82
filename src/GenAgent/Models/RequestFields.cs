namespace GenAgent.Models;

/// <summary>Fields of a chat request that Microsoft.Extensions.AI has no property for, though servers of OpenAI's protocol know them.</summary>
internal static class RequestFields
{
    /// <summary>Key in a request's additional properties: whether the model should think. Sent unchanged.</summary>
    public const string EnableThinking = "enable_thinking";
}
