// Short and common words that are friendly in any combination: people read these names aloud.
const words = (text: string): readonly string[] => text.trim().split(/\s+/)

export const animals = words(`
  alpaca antelope avocet badger beaver bison bluebird bobolink buffalo bumblebee bunting butterfly capercaillie chamois cheetah chough
  cormorant crane cricket curlew dipper dolphin dormouse dragonfly dunlin eagle egret eider elk falcon fieldfare finch firefly flamingo
  fox gannet gazelle gecko gibbon giraffe goldcrest goldfinch grebe greyhound grouse guillemot hare harrier hedgehog heron hobby hoopoe
  hummingbird ibex ibis jackdaw jay kestrel kingfisher kite kittiwake koala ladybird lapwing lark lemur leopard linnet lion lizard llama
  lynx magpie mallard marmot marten martin mole moorhen moose narwhal newt nightingale nightjar nuthatch ocelot okapi oriole osprey
  otter owl panda partridge peacock pelican penguin peregrine petrel pheasant pika pipit platypus plover pony porcupine puffin quail
  quokka rabbit raven redstart redwing reindeer robin rook salamander sandpiper seahorse seal shearwater shrew siskin skylark sparrow
  squirrel starling stoat stork swallow swan swift tapir teal tern thrush tiger toad tortoise toucan treecreeper turnstone turtle vole
  wagtail wallaby warbler waxwing weasel whale wheatear whimbrel wigeon wolf wolverine wombat woodcock woodpecker wren yak zebra
`)

export const adjectives = words(`
  agile airy alert amber ample azure balmy bold brave breezy bright brisk calm candid cheerful chestnut civil clear clever copper coral
  cosy crimson crisp curious dainty dapper daring deft dewy eager early earnest easy emerald even fair fleet fluffy fond frank free
  fresh frosty gallant gentle gifted glad golden graceful grand green hale handy happy hardy hazel honest hopeful humble indigo ivory
  jade jolly jovial keen kind lilac limber lively loyal lucid lucky lunar maple mellow merry mild mindful misty modest mossy nimble
  noble olive opal open patient pearly placid plucky polite prime proud quick quiet rapid ready restful rosy ruby rustic sandy scarlet
  serene shady sharp silent silver sincere sleek smart snowy snug sober solar solid spry stable starry steady stout sturdy sunny sure
  swift teal tender thrifty tidy tranquil trusty upbeat valiant velvet violet vivid warm wary wavy welcome willing windy wise witty
  woodland young zesty
`)

export const adverbs = words(`
  ably absently amiably ardently avidly boldly bravely briefly brightly briskly calmly candidly cheerfully clearly cleverly cosily
  curiously daringly deeply deftly eagerly early earnestly easily evenly fairly firmly fondly frankly freely freshly fully gaily
  gallantly gently gladly gracefully greatly happily heartily highly honestly humbly ideally jointly jovially justly keenly kindly
  largely lightly lively loudly loyally luckily mainly merrily mildly mostly neatly nicely nimbly nobly oddly openly patiently plainly
  politely promptly proudly purely quickly quietly rarely readily richly safely sensibly serenely sharply silently simply sincerely
  smartly smoothly softly soundly steadily stoutly subtly surely swiftly tenderly thoroughly tidily truly usefully vastly vividly warmly
  wholly widely wildly willingly wisely wittily
`)
