using Microsoft.Extensions.AI;
using OpenAI.Chat;

namespace GenAgent.Evaluation.Judges;

/// <summary>Tells a model that can think not to: by the chat template's own switch, as vLLM and SGLang take it.</summary>
internal static class ThinkingSwitch
{
    public static void TurnOff(ChatOptions options)
    {
        var given = options.RawRepresentationFactory;
        options.RawRepresentationFactory = client =>
        {
            var raw = given?.Invoke(client) as ChatCompletionOptions ?? new ChatCompletionOptions();
            raw.Patch.Set("$.chat_template_kwargs"u8, """{"enable_thinking":false}"""u8);
            return raw;
        };
    }
}
