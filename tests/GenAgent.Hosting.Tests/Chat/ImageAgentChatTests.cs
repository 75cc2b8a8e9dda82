using GenAgent.Agents;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.DependencyInjection;
using GenAgent.Models;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace GenAgent.Hosting.Tests.Chat;

public sealed class ImageAgentChatTests
{
    private static readonly string[] PicturesOnTheWay = ["image/png"];

    private static void InTheMiniatureWorld(GenAgentOptions options)
    {
        options.Backends.Agent = "oracle";
        options.Backends.Generator = "canvas";
        options.Agent = options.Agent with { Seed = 5 };
    }

    private static ServiceProvider Services(Action<GenAgentBuilder> configure)
    {
        var services = new ServiceCollection();
        configure(services.AddGenAgent(InTheMiniatureWorld).AddBackends(registry => registry.AddMicroWorld()));
        return services.BuildServiceProvider();
    }

    [Fact]
    public async Task A_chat_client_replies_with_thoughts_the_chosen_image_and_the_tokens()
    {
        await using var provider = Services(builder => builder.AddChatClient());

        var response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("two red circles");

        var contents = response.Messages.ShouldHaveSingleItem().Contents;
        contents.OfType<TextReasoningContent>().ShouldContain(thought => thought.Text.Trim().Length > 0);
        contents.OfType<DataContent>().ShouldHaveSingleItem().MediaType.ShouldBe("image/png");
        response.FinishReason.ShouldBe(ChatFinishReason.Stop);
        response.Usage.ShouldNotBeNull().TotalTokenCount.ShouldNotBeNull().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Each_image_on_the_way_streams_before_the_chosen_one()
    {
        await using var provider = Services(builder => builder.AddChatClient());

        var contents = new List<AIContent>();
        await foreach (var update in provider.GetRequiredService<IChatClient>().GetStreamingResponseAsync("two red circles"))
        {
            contents.AddRange(update.Contents);
        }

        var drafts = contents.OfType<ImageGenerationToolResultContent>().ToArray();
        drafts.ShouldNotBeEmpty();
        drafts.SelectMany(draft => draft.Outputs!).OfType<DataContent>().Select(image => image.MediaType).Distinct().ShouldBe(PicturesOnTheWay);
        contents.FindIndex(content => content is ImageGenerationToolResultContent).ShouldBeLessThan(contents.FindIndex(content => content is DataContent));
        contents.OfType<ImageGenerationToolCallContent>().Select(call => call.CallId).ShouldContain(drafts[0].CallId);
    }

    [Fact]
    public async Task One_seed_draws_one_image_and_another_seed_another()
    {
        await using var provider = Services(builder => builder.AddChatClient());
        var client = provider.GetRequiredService<IChatClient>();

        (await ImageAsync(client, 7)).ShouldBe(await ImageAsync(client, 7));
        (await ImageAsync(client, 8)).ShouldNotBe(await ImageAsync(client, 7));
    }

    [Fact]
    public async Task Only_the_last_user_message_is_asked_for()
    {
        await using var provider = Services(builder => builder.AddChatClient());
        var client = provider.GetRequiredService<IChatClient>();
        ChatMessage[] conversation =
        [
            new(ChatRole.System, "Be brief."),
            new(ChatRole.User, "a green square"),
            new(ChatRole.Assistant, "Done."),
            new(ChatRole.User, "two red circles")
        ];

        (await ImageAsync(client, 7, conversation)).ShouldBe(await ImageAsync(client, 7));
    }

    [Fact]
    public async Task A_conversation_that_asks_for_nothing_is_refused_and_says_why()
    {
        await using var provider = Services(builder => builder.AddChatClient());
        var client = provider.GetRequiredService<IChatClient>();

        (await Should.ThrowAsync<ArgumentException>(() => client.GetResponseAsync([]))).Message.ShouldContain("no user message");
        (await Should.ThrowAsync<ArgumentException>(() => client.GetResponseAsync(" "))).Message.ShouldContain("no text");
        (await Should.ThrowAsync<ArgumentException>(
            () => client.GetResponseAsync([new(ChatRole.User, [new TextContent("a cat"), new UriContent("http://localhost/cat.png", "image/png")])])))
            .Message.ShouldContain("which is not fetched");
    }

    [Fact]
    public async Task An_agent_of_the_Agent_Framework_keeps_a_session_over_several_runs()
    {
        await using var provider = Services(builder => builder.AddAIAgent(description: "paints"));
        var agent = provider.GetRequiredService<AIAgent>();
        var session = await agent.CreateSessionAsync(TestContext.Current.CancellationToken);

        var first = await agent.RunAsync("two red circles", session, cancellationToken: TestContext.Current.CancellationToken);
        var second = await agent.RunAsync("a blue star", session, cancellationToken: TestContext.Current.CancellationToken);

        (agent.Name, agent.Description).ShouldBe(("genagent", "paints"));
        foreach (var response in new[] { first, second })
        {
            response.Messages.SelectMany(message => message.Contents).OfType<DataContent>().ShouldHaveSingleItem();
        }
    }

    [Fact]
    public async Task Agents_with_keys_stand_under_their_keys()
    {
        var services = new ServiceCollection();
        services.AddKeyedGenAgent("quick", InTheMiniatureWorld).AddBackends(registry => registry.AddMicroWorld()).AddAIAgent().AddChatClient();
        await using var provider = services.BuildServiceProvider();

        provider.GetRequiredKeyedService<AIAgent>("quick").Name.ShouldBe("quick");
        provider.GetRequiredKeyedService<IChatClient>("quick").GetService<ImageAgent>().ShouldBe(provider.GetRequiredKeyedService<ImageAgent>("quick"));
        provider.GetService<AIAgent>().ShouldBeNull();
    }

    private static async Task<byte[]> ImageAsync(IChatClient client, long seed, params ChatMessage[] conversation)
    {
        var response = await client.GetResponseAsync(
            conversation.Length > 0 ? conversation : [new(ChatRole.User, "two red circles")], new ChatOptions { Seed = seed });
        return response.Messages[0].Contents.OfType<DataContent>().Single().Data.ToArray();
    }
}
