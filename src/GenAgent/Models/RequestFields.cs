namespace GenAgent.Models;

/// <summary>Fields of a chat request that Microsoft.Extensions.AI has no property for, though servers of OpenAI's protocol know them.</summary>
internal static class RequestFields
{
    /// <summary>Key in a request's additional properties: whether the model is to think. Sent as it is.</summary>
    public const string EnableThinking = "enable_thinking";
}
