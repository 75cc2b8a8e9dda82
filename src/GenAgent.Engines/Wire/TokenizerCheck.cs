using System.Text.Json.Nodes;
using GenAgent.Engines.Replicas;
using GenAgent.Models;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Engines.Wire;

/// <summary>
/// Makes sure, once a server, that ids mean the same there as here: it tokenizes a text (<c>/tokenize</c>), and the ids are compared. A server without that
/// route is not checked.
/// </summary>
internal sealed class TokenizerCheck(EngineOptions options, ITokenizer tokenizer)
{
    private const string Route = "tokenize";

    // Words, digits, an accent, another script, spaces and line ends: where tokenizers differ.
    private const string Sample = "Paint 17 red circles,\n  na\u00EFvely: \u753B \U0001F3A8 <think>";

    /// <summary>Refuses a server whose tokenizer is another.</summary>
    /// <exception cref="BackendRejectedException">It gives other ids.</exception>
    public async Task RequireAsync(Replica replica, CancellationToken cancellationToken)
    {
        if (replica.Tokenizer is not { IsFaulted: false }) replica.Tokenizer = CompareAsync(replica);
        if (await replica.Tokenizer.WaitAsync(cancellationToken) is { } wrong) throw new BackendRejectedException(wrong);
    }

    private async Task<string?> CompareAsync(Replica replica)
    {
        int[] there;
        try
        {
            var body = new JsonObject { ["model"] = options.Adapter ?? options.Model, ["prompt"] = Sample, ["add_special_tokens"] = false };
            var answer = await replica.Http.PostAsync(Route, body, CancellationToken.None);
            there = AnswerJson.Read(replica.Http.Name, Route, () => answer.GetProperty("tokens").Ids());
        }
        catch (Exception unknown) when (unknown is BackendRejectedException or BackendAnswerException or BackendAuthenticationException)
        {
            return null;
        }

        var here = tokenizer.Encode(Sample);
        var at = here.Zip(there).TakeWhile(pair => pair.First == pair.Second).Count();
        return at == here.Count && at == there.Length ? null
            : $"{replica.Http.Name} has another tokenizer than {options.Folder}: a text that begins with the same {at} ids goes on with "
                + $"{(at < there.Length ? FormattableString.Invariant($"{there[at]}") : "nothing")} there and "
                + $"{(at < here.Count ? FormattableString.Invariant($"{here[at]}") : "nothing")} here. Name the folder of the model that is served: "
                + "?tokenizer=FOLDER";
    }
}
